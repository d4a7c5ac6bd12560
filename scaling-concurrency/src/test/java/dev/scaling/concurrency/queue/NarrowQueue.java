package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.testkit.VirtualTime;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** A queue with one slot and room for one item, for tests whose callers block. */
final class NarrowQueue {

  final VirtualTime time = new VirtualTime();
  final Held held = new Held();
  final BoundedQueue<String> queue = held.builder().capacity(1).time(time).build();

  /** Puts "a", which is then under way, and "b", which waits. */
  void fill() {
    queue.tryPut("a");
    held.runAll();
    queue.tryPut("b");
  }

  void untilProducers(int number) {
    while (queue.snapshot().producers() < number) {
      Thread.onSpinWait();
    }
  }

  void untilTimers(int number) {
    while (time.pending() < number) {
      Thread.onSpinWait();
    }
  }

  /** Returns why a caller failed, which must be of that type. */
  static Throwable failsWith(Future<?> caller, Class<? extends Throwable> type) {
    var thrown = new Throwable[1];
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(caller::get)
        .satisfies(e -> thrown[0] = e.getCause());
    assertThat(thrown[0]).isInstanceOf(type);
    return thrown[0];
  }
}
