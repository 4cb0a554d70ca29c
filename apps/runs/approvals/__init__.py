"""Questions that runs put to people: who is asked, how answers count, links of mails."""
