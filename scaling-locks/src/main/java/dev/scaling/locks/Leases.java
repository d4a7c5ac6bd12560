package dev.scaling.locks;

import java.time.Duration;
import java.util.List;

/**
 * Leases of several locks that were acquired together, in the order of their names.
 *
 * <p>Instances are immutable, and safe for use by many threads.
 */
public final class Leases implements AutoCloseable {

  private final List<Lease> all;

  Leases(List<Lease> all) {
    this.all = List.copyOf(all);
  }

  /** Returns the leases, each of another lock, in the order of the locks' names. */
  public List<Lease> all() {
    return all;
  }

  /**
   * Returns the lease of one of the locks.
   *
   * @throws IllegalArgumentException if that lock is none of them
   */
  public Lease of(String lock) {
    return all.stream()
        .filter(lease -> lease.lock().equals(lock))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("lock must be one of those acquired"));
  }

  /** Returns whether all of them are valid at this moment. No round trip. */
  public boolean isValid() {
    return all.stream().allMatch(Lease::isValid);
  }

  /** Returns for how long all of them would last if they were renewed no more. */
  public Duration remaining() {
    return all.stream().map(Lease::remaining).min(Duration::compareTo).orElseThrow();
  }

  /** Gives all of the locks back, and waits for nothing. Does nothing the second time. */
  @Override
  public void close() {
    for (int i = all.size() - 1; i >= 0; i--) {
      all.get(i).close();
    }
  }

  @Override
  public String toString() {
    return "Leases[" + all.size() + (isValid() ? "]" : ", not all valid]");
  }
}
