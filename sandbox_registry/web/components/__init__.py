"""What pages are put together from: icons, and the macros of govuk-frontend."""
