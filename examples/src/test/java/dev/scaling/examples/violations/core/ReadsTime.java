package dev.scaling.examples.violations.core;

import dev.scaling.examples.violations.cache.UsesRedisson;
import java.util.function.LongSupplier;

/** Reads the machine's clock, and uses a module that is built on its own. */
public final class ReadsTime {

  /** By a reference, which is harder to find than a call. */
  public static final LongSupplier CLOCK = System::nanoTime;

  /** Makes the upward arrow. */
  public static final Class<?> UPWARDS = UsesRedisson.class;

  private ReadsTime() {}
}
