"""One line of time for recordings that were joined to one file."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

__all__ = ['JoinedParts']

STEP_BACK = Fraction(1, 5)  # seconds; less is a fault of single packets
JUMP = 10  # seconds forward, as FFmpeg's `dts_delta_threshold`
LOOK_AHEAD = 2  # seconds of a part, in which all of its streams begin
GAP = Fraction(1, 4)  # seconds
MOST_PACKETS = 2000  # that are held meanwhile


class JoinedParts:
    """Lets the parts of a joined recording follow each other.

    Where time stamps start again, FFmpeg's command goes on for all streams;
    its library does not. Here all streams of a part are moved by the same
    time, the shortest by which none overlaps the part before: picture and
    sound stay together.

    Attributes:
        count: How many parts there were.
        faults: How many packets had a time that those after it contradict.
        gaps: By stream, from when to when nothing is seen or heard.
    """

    def __init__(self) -> None:
        self.count = 1
        self.faults = 0
        self.gaps: dict[int, list[tuple[Fraction, Fraction]]] = {}
        self._offset = Fraction(0)  # seconds
        self._raw: dict[int, Fraction] = {}  # last time, as the file has it
        self._jumps: dict[int, Fraction] = {}  # last time before a jump
        self._ends: dict[int, Fraction] = {}  # of streams, as they are moved
        self._held: list[Any] = []  # of the part that begins
        self._firsts: dict[int, Fraction] = {}  # its streams' first times

    def in_one_time(self, packets: Iterable[Any]) -> Iterator[Any]:
        """Move the parts.

        Args:
            packets: PyAV's, of all streams, in the file's order.

        Yields:
            The same packets.
        """
        for packet in packets:
            if not packet.size:  # it flushes a decoder, at the end
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
        """Return what is amiss, in words that follow the file's name.

        Args:
            is_timed: Whether the file has times, which AVI has not.
        """
        notes = []
        if self.count > 1:
            notes.append(
                f'is joined of {self.count} recordings, whose times start '
                'again: each goes on where the one before ends'
            )
        if self.faults:
            notes.append(
                f'is damaged: {self.faults} time stamp(s) are wrong, from '
                'where picture and sound may be apart; copy it again if there '
                'is a sound copy'
            )
        if is_timed and (shared := self._shared_gaps()):
            start, end = shared[0]
            notes.append(
                f'has {len(shared)} gap(s) in picture and sound, the first '
                f'from {float(start):.1f} to {float(end):.1f} s; where none '
                'should be, it is damaged: copy it again if there is a sound '
                'copy'
            )
        return notes

    def _shared_gaps(self) -> list[tuple[Fraction, Fraction]]:
        """Return the times at which all streams have a gap."""
        if len(self._ends) < 2:
            return []
        last = max(self._ends.values())
        first, *others = (
            [*self.gaps.get(index, ()), (end, last)]  # it may not go on
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
        """Return whether a packet still is of the part that ends."""
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
        """Let the part begin that is held."""
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
