"""Progress bar of a run."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ...io.image.files import printable

__all__ = ['RunProgress']


class RunProgress:
    """Progress bar on standard error, with remaining time and messages.

    It is a context manager. If standard error is not a terminal, messages are
    printed, and the bar once at the end.
    """

    def __init__(self, total: int) -> None:
        self._bars = Progress(
            TextColumn('{task.description}', markup=False),
            BarColumn(),
            TextColumn('{task.percentage:>3.0f} %'),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn('left'),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
        )
        self._files = self._bars.add_task('Deblurring', total=total)
        self._frames: TaskID | None = None
        self._finished = 0
        self._name = ''

    def __enter__(self) -> 'RunProgress':
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def start(self, name: str) -> None:
        """Start a file; following messages have its name."""
        self._name = name

    def say(self, text: str) -> None:
        """Print a message above the bar, with the name of the file."""
        if self._name:
            # A name may not be UTF-8.
            name = self._name.encode(errors='backslashreplace').decode()
            text = f"'{name}': {text}"
        self._bars.console.print(Text(printable(text)), soft_wrap=True)

    def share(self, done: float) -> None:
        """Show the finished fraction of a photograph, from 0 to 1."""
        self._bars.update(self._files, completed=self._finished + done)

    def frames(self, count: int, total: int | None) -> None:
        """Show the number of finished frames."""
        if self._frames is None:
            self._frames = self._bars.add_task('Frames', total=total)
        self._bars.update(self._frames, completed=count, total=total)

    def finish(self) -> None:
        """Finish the file."""
        if self._frames is not None:
            self._bars.remove_task(self._frames)
            self._frames = None
        self._finished += 1
        self._bars.update(self._files, completed=self._finished)
