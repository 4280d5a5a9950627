from django.urls import path

from majlis.faces.web.views import reviews

urlpatterns = [
    path("reviews/", reviews.mine, name="reviews"),
    path("reviews/<uuid:review_id>/", reviews.show, name="review"),
    path("reviews/<slug:kind>/<uuid:subject_id>/", reviews.write, name="review_write"),
]
