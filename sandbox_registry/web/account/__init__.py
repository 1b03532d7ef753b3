"""Pages of people's own accounts: logging in and out, and what is kept of them."""
