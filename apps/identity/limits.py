"""How often strangers may begin a sign-in, bring an answer, or try or fill in a set-up link."""

from apps.common.limits import Limit

LOOKS = Limit("identity-looks", 60, 60)
STARTS = Limit("identity-starts", 60, 60)
ANSWERS = Limit("identity-answers", 60, 60)
POSTS = Limit("identity-posts", 60, 60)
ENTRIES = Limit("identity-entries", 60, 3600)
SETUPS = Limit("identity-setups", 20, 3600)
