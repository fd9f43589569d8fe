"""Turn-taking measured on recordings of people, and fitted to them."""
