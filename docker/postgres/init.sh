#!/bin/sh
# Runs once, on an empty cluster: the application's role is no superuser, and may make the roles of tenants.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$AUTERITY_DB_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE auterity LOGIN NOSUPERUSER CREATEROLE PASSWORD :'password';
CREATE DATABASE auterity OWNER auterity;
\connect auterity
CREATE EXTENSION IF NOT EXISTS vector;
SQL
