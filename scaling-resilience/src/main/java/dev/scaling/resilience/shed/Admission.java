package dev.scaling.resilience.shed;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The place of one request at a {@link Shedder}, until it is closed: when the request has ended,
 * however it did. It can be closed on any thread.
 *
 * <p>Safe for use by many threads. No method blocks.
 */
public final class Admission implements AutoCloseable {

  private final Shedder shedder;
  private final @Nullable String key; // of the caller
  private final AtomicBoolean closed = new AtomicBoolean();

  Admission(Shedder shedder, @Nullable String key) {
    this.shedder = shedder;
    this.key = key;
  }

  /** Gives the place back. Does nothing the second time. */
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      shedder.release(key);
    }
  }

  @Override
  public String toString() {
    return closed.get() ? "Admission[closed]" : "Admission[]";
  }
}
