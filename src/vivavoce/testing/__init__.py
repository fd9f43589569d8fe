"""Scripted engines and the checks that every engine must pass, for your own tests."""
