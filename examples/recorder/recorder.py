"""Records a market to the folder that its config names, until Ctrl+C.

Run it with ``python -m examples.recorder.recorder [--c=FILE]``, then ``ttxt-rec info recordings/*.bin``.
"""

import sys

from examples.command_line import config_path
from ttxt_core import Event, FeedGap, IEventHandler, Session, run


class RecorderClient(IEventHandler):
    """Nothing is to be done for the recording: `recording = "FOLDER"` does it. This only tells about it."""

    async def on_start(self, session: Session) -> None:
        self.session = session
        print("recording; Ctrl+C ends it")

    async def on_feed_gap(self, event: Event[FeedGap]) -> None:
        print(f"events are missing: {event.data.reason}")

    async def on_stop(self) -> None:
        stats = self.session.recording
        if stats is not None:
            print(f"{stats.events} events in {', '.join(path.name for path in stats.files)}")


if __name__ == "__main__":
    sys.exit(run(RecorderClient(), config_path(__file__)))
