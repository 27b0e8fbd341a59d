"""People in the back office: users, roles."""

from accounts.admin import people as people
