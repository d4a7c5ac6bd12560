package dev.scaling.concurrency.collapse;

import dev.scaling.core.internal.Checks;
import org.jspecify.annotations.Nullable;

/** What became of one key of a bulk call: a value, or a failure of its own. Immutable. */
public final class Outcome<V> {

  private final @Nullable V value;
  private final @Nullable Throwable failure;

  private Outcome(@Nullable V value, @Nullable Throwable failure) {
    this.value = value;
    this.failure = failure;
  }

  /** Returns the outcome of a key that has this value. */
  public static <V> Outcome<V> of(V value) {
    return new Outcome<>(Checks.notNull(value, "value"), /* failure= */ null);
  }

  /** Returns the outcome of a key whose callers get this failure as their cause. */
  public static <V> Outcome<V> failed(Throwable failure) {
    return new Outcome<>(/* value= */ null, Checks.notNull(failure, "failure"));
  }

  @Nullable
  V value() {
    return value;
  }

  @Nullable
  Throwable failure() {
    return failure;
  }

  @Override
  public String toString() {
    return failure == null ? "Outcome[" + value + "]" : "Outcome[failed, " + failure + "]";
  }
}
