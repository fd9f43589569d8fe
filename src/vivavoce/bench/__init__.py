"""Measurements that anyone can repeat: `vivavoce bench`."""
