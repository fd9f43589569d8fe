"""Requests over HTTP: connections, proxies, and when to try again; for engines, clients, models."""
