"""Jobs of files."""

from typing import Any

from procrastinate.contrib.django import app

from majlis.kernel.files import services


@app.periodic(cron="17 * * * *")
@app.task(name="files.sweep", queue="house", queueing_lock="files.sweep", pass_context=False)
def sweep(timestamp: int = 0, **_: Any) -> None:
    """Every hour: remove what nothing has used for a day."""
    services.sweep_files()
