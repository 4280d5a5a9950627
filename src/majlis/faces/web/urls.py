"""All pages."""

from majlis.faces.collect import areas
from majlis.faces.web import routes

urlpatterns = [pattern for area in areas(routes) for pattern in area.urlpatterns]
