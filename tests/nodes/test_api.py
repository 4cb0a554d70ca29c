"""What a cron rule says and when it comes true, over HTTP."""

from apps.accounts.models import User
from tests.factories.cast import api_client

URL = "/api/v1/fire-times/"


def test_a_rule_is_told_in_words_with_its_next_times(vera: User) -> None:
    answer = (
        api_client(vera).get(URL, {"cron": "0 9 * * MON-FRI", "time_zone": "Asia/Tokyo"}).json()
    )
    assert answer["words"] == "At 09:00 on Monday through Friday"
    assert len(answer["times"]) == 5
    assert answer["times"] == sorted(answer["times"])
    assert all(time.endswith("T00:00:00Z") for time in answer["times"])


def test_what_is_wrong_is_said_at_its_field(vera: User) -> None:
    for asked, field in (
        ({"cron": "0 9 * *"}, "cron"),
        ({}, "cron"),
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"cron": "* " * 200}, "cron"),
        ({"cron": "0 9 * * *", "time_zone": "Nowhere"}, "time_zone"),
    ):
        refused = api_client(vera).get(URL, asked)
        assert refused.status_code == 422
        assert [each["field"] for each in refused.json()["errors"]] == [field]
