package dev.scaling.locks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Something that a client saw: a line of a history.
 *
 * @param nanos when, by the monotonic clock that all processes of a machine share
 * @param number the nanoseconds that remained, or what was written
 */
record HistoryEvent(
    long nanos, int process, int thread, String lock, Kind kind, long fencingToken, long number) {

  /** What a client saw. */
  enum Kind {
    /** It is about to ask for the lock. */
    ASKED,

    /** It is about to ask for the lock as a reader. */
    ASKED_TO_READ,

    /** It did not get the lock. */
    REFUSED,

    /** It has the lock; of a semaphore, that of the permit. */
    ACQUIRED,

    /** Its lease may be extended from now on. */
    EXTENDING,

    /** Its lease is extended no more from now on. */
    EXTENDED,

    /** Its lease was valid at some time after this one, for {@code number} from here at most. */
    VALID,

    /** Its lease was not valid. */
    INVALID,

    /** It wrote {@code number} to the register, which took it. */
    WROTE,

    /** It read {@code number} from the register, as a reader. */
    READ,

    /** The register refused what it wrote, or would read. */
    REGISTER_REFUSED,

    /** It is about to give the lock back. */
    RELEASING
  }

  /** Reads the lines of a file; a last one that was not written to its end is left out. */
  static List<HistoryEvent> read(Path file) throws IOException {
    String text = Files.readString(file);
    List<HistoryEvent> events = new ArrayList<>();
    text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .map(HistoryEvent::of)
        .forEach(events::add);
    return events;
  }

  static HistoryEvent of(String line) {
    String[] part = line.strip().split("\\s+", 7);
    return new HistoryEvent(
        Long.parseLong(part[0]),
        Integer.parseInt(part[1]),
        Integer.parseInt(part[2]),
        part[3],
        Kind.valueOf(part[4]),
        Long.parseLong(part[5]),
        Long.parseLong(part[6]));
  }

  /** Returns the line. */
  @Override
  public String toString() {
    return String.join(
        " ",
        Long.toString(nanos),
        Integer.toString(process),
        Integer.toString(thread),
        lock,
        kind.toString(),
        Long.toString(fencingToken),
        Long.toString(number));
  }
}
