"""The demo shop's data, by subject. Nothing here touches the database; demo.loading does."""
