"""The addresses of the pages, one file per area, each with `urlpatterns`."""
