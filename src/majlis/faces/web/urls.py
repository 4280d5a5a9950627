"""All pages."""

from majlis.faces.collect import areas
from majlis.faces.routing import indexed
from majlis.faces.web import routes

urlpatterns = [indexed(pattern for area in areas(routes) for pattern in area.urlpatterns)]
