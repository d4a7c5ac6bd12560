package dev.scaling.examples.catalogue;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Counts requests that failed, and says how the first one did. Safe for use by many threads. */
final class Errors {

  private final AtomicLong count = new AtomicLong();

  void add(IOException failure) {
    if (count.getAndIncrement() == 0) {
      System.err.println("catalogue: a request failed: " + failure);
    }
  }

  long count() {
    return count.get();
  }
}
