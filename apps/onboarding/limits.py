"""How often strangers may ask the public site for something."""

from apps.common.limits import Limit

HOUR_S = 3600
MAILS_OF_AN_ADDRESS = Limit("mails-to", 5, HOUR_S)
MAILS_OF_A_SENDER = Limit("mails-from", 20, HOUR_S)
LOOKS_OF_A_SENDER = Limit("looks-from", 120, 60)
FINISHES_OF_A_SENDER = Limit("finishes-from", 20, HOUR_S)
