import threading
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg.errors import LockNotAvailable

from majlis.kernel.notices import queries, services
from majlis.kit.testing import person


@pytest.mark.django_db(transaction=True)
class TestWhoIsHere:
    def test_leaves_out_who_is_no_more_and_writes_down_the_others(self):
        salma, omar, removed = person("Salma"), person("Omar"), uuid4()
        services.arrive(process="one", people=[salma.pk, removed, omar.pk])
        services.beat("one")
        assert queries.online([salma.pk, omar.pk, removed]) == {salma.pk, omar.pk}
        services.leave(process="one", people=[removed, omar.pk])
        assert queries.online([salma.pk, omar.pk, removed]) == {salma.pk}
        assert set(queries.last_seen([salma.pk, omar.pk, removed])) == {salma.pk, omar.pk}

    def test_nobody_is_removed_while_it_is_written_that_they_came(self):
        salma, wrong = person("Salma"), []

        def remove():
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '100ms'")
                    cursor.execute("DELETE FROM accounts_user WHERE id = %s", [salma.pk])
            except OperationalError as refused:
                wrong.append(refused.__cause__)
            finally:
                connection.close()

        with transaction.atomic():
            services.arrive(process="one", people=[salma.pk])
            remover = threading.Thread(target=remove)
            remover.start()
            remover.join()
        assert [type(one) for one in wrong] == [LockNotAvailable]
        assert queries.online([salma.pk]) == {salma.pk}
