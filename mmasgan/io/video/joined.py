"""Continuous time stamps for files that were joined from recordings."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

__all__ = ['JoinedParts']

STEP_BACK = Fraction(1, 5)  # seconds; a smaller step is a wrong packet
JUMP = 10  # seconds forward, as FFmpeg's `dts_delta_threshold`
LOOK_AHEAD = 2  # seconds in which all streams of a part start
GAP = Fraction(1, 4)  # seconds
MOST_PACKETS = 2000  # to buffer


class JoinedParts:
    """Shift the parts of a joined recording, one after another.

    Where time stamps restart, the command ``ffmpeg`` makes those of all
    streams continuous, but FFmpeg's libraries do not. Here, all streams of a
    part are shifted by the same time, so that picture and sound stay in sync.
    It is the shortest time for which no stream overlaps the previous part.
    """

    def __init__(self) -> None:
        self.count = 1
        self.faults = 0  # packets with a wrong time stamp
        self.gaps: dict[int, list[tuple[Fraction, Fraction]]] = {}
        self._offset = Fraction(0)  # seconds
        self._raw: dict[int, Fraction] = {}  # last time in the file
        self._jumps: dict[int, Fraction] = {}  # last time before a jump
        self._ends: dict[int, Fraction] = {}  # of streams, shifted
        self._held: list[Any] = []  # of the new part
        self._firsts: dict[int, Fraction] = {}  # first times of its streams

    def in_one_time(self, packets: Iterable[Any]) -> Iterator[Any]:
        """Shift the time stamps of the parts.

        Yields:
            The same packets.
        """
        for packet in packets:
            if not packet.size:  # flushes a decoder at the end
                yield from self._begin()
            self._look_at(packet)
            if not self._firsts or self._is_before(packet):
                yield self._moved(packet)
                continue
            self._held.append(packet)
            if self._is_complete(packet):
                yield from self._begin()
        yield from self._begin()

    def notes(self, is_timed: bool = True) -> list[str]:
        """Return notes on problems, to append to the name of the file.

        Args:
            is_timed: Whether the file has time stamps; AVI does not.
        """
        notes = []
        if self.count > 1:
            notes.append(
                f'is joined from {self.count} recordings, whose times '
                'restart: each was appended to the previous one'
            )
        if self.faults:
            notes.append(
                f'is damaged: {self.faults} time stamp(s) are wrong, after '
                'which picture and sound may be out of sync; copy it again '
                'if you have an intact copy'
            )
        if is_timed and (shared := self._shared_gaps()):
            start, end = shared[0]
            notes.append(
                f'has {len(shared)} gap(s) in picture and sound, the first '
                f'from {float(start):.1f} to {float(end):.1f} s; if it should '
                'have none, it is damaged: copy it again if you have an '
                'intact copy'
            )
        return notes

    def _shared_gaps(self) -> list[tuple[Fraction, Fraction]]:
        """Return the gaps that all streams share."""
        if len(self._ends) < 2:
            return []
        last = max(self._ends.values())
        first, *others = (
            [*self.gaps.get(index, ()), (end, last)]  # may end early
            for index, end in self._ends.items()
        )
        return [
            (start, end)
            for start, end in first
            if all(
                any(a < end and start < b for a, b in gaps) for gaps in others
            )
        ]

    def _look_at(self, packet: Any) -> None:
        if packet.dts is None or not _is_dense(packet):
            return
        time, index = packet.dts * packet.time_base, packet.stream.index
        last = self._raw.get(index, time)
        self._raw[index] = time
        if time > last + JUMP:
            self._jumps[index] = last
        elif time < last - STEP_BACK and index not in self._firsts:
            before = self._jumps.pop(index, None)
            if before is not None and before <= time < before + JUMP:
                self.faults += 1
            else:
                self._firsts[index] = time

    def _is_before(self, packet: Any) -> bool:
        """Return whether a packet belongs to the previous part."""
        return _is_dense(packet) and packet.stream.index not in self._firsts

    def _is_complete(self, packet: Any) -> bool:
        if self._firsts.keys() >= self._ends.keys():
            return True
        if packet.dts is None:
            return False
        time = packet.dts * packet.time_base
        is_late = time > min(self._firsts.values()) + LOOK_AHEAD
        return is_late or len(self._held) > MOST_PACKETS

    def _begin(self) -> Iterator[Any]:
        """Start the buffered part."""
        if self._firsts:
            self.count += 1
            self._offset = max(
                self._ends[index] - time
                for index, time in self._firsts.items()
            )
        held, self._held, self._firsts = self._held, [], {}
        for packet in held:
            yield self._moved(packet)

    def _moved(self, packet: Any) -> Any:
        unit = packet.time_base
        if self._offset and packet.size and unit:
            ticks = round(self._offset / unit)
            if packet.pts is not None:
                packet.pts += ticks
            if packet.dts is not None:
                packet.dts += ticks
        if packet.dts is not None and _is_dense(packet):
            start = Fraction(packet.dts * unit)
            end = start + (packet.duration or 0) * unit
            index = packet.stream.index
            before = self._ends.get(index, start)
            if start > before + GAP:
                self.gaps.setdefault(index, []).append((before, start))
            self._ends[index] = max(end, self._ends.get(index, end))
        return packet


def _is_dense(packet: Any) -> bool:
    return packet.stream.type in ('video', 'audio')
