"""What `./majlis audit` proves about reviews."""

from collections.abc import Iterator

from django.db import connection

from majlis.kit import audit


@audit.check("reviews: every rating is the sum of its shown reviews")
def ratings_are_sums() -> Iterator[str]:
    """Compares each kept sum with its reviews, in both directions."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(k.person_id, r.about_id), coalesce(k.total, 0), coalesce(k.count, 0),
                      coalesce(r.total, 0), coalesce(r.count, 0)
               FROM reviews_rating k
               FULL JOIN (SELECT about_id, sum(rating) AS total, count(*) AS count FROM reviews_review
                          WHERE state = 'shown' GROUP BY about_id) r ON r.about_id = k.person_id
               WHERE (coalesce(k.total, 0), coalesce(k.count, 0)) <> (coalesce(r.total, 0), coalesce(r.count, 0))"""
        )
        for person, total, count, real_total, real_count in cursor:
            yield f"Person {person} is rated {total}/{count}; the reviews say {real_total}/{real_count}."
