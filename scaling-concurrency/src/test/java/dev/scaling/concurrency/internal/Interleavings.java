package dev.scaling.concurrency.internal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/** What tests with Lincheck's model checker have in common. */
public final class Interleavings {

  private Interleavings() {}

  /** Returns options for threads that begin and end together, without steps before and after. */
  public static ModelCheckingOptions of(int threads, int actorsPerThread) {
    return new ModelCheckingOptions()
        .threads(threads)
        .actorsPerThread(actorsPerThread)
        .actorsBefore(0)
        .actorsAfter(0)
        .minimizeFailedScenario(false);
  }

  /** A control: fails unless the checker finds what is wrong with {@code broken}. */
  public static void assertNoticed(ModelCheckingOptions options, Class<?> broken) {
    assertThatThrownBy(() -> options.check(broken)).isInstanceOf(LincheckAssertionError.class);
  }
}
