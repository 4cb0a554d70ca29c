"""Tests of access reviews."""
