"""The conversation core behind the protocols that clients speak; needs `vivavoce[server]`."""
