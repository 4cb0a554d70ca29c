"""Companies' directories: who joins and who leaves is said by SCIM."""
