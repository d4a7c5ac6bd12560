package dev.scaling.cache;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Those in this process who wait for a message about a key. */
final class Waiters {

  private final Time time;
  private final ConcurrentHashMap<String, Set<Wait>> waits = new ConcurrentHashMap<>();

  Waiters(Time time) {
    this.time = time;
  }

  /** Begins to listen, before the question is asked whose answer may be to wait. */
  Wait listen(String text) {
    var wait = new Wait(text);
    waits.compute(text, (same, others) -> {
      Set<Wait> all = others == null ? ConcurrentHashMap.newKeySet() : others;
      all.add(wait);
      return all;
    });
    return wait;
  }

  /** Wakes those who wait for a key. */
  void wake(String text) {
    var woken = waits.remove(text);
    if (woken != null) {
      woken.forEach(Wait::end);
    }
  }

  void wakeAll() {
    waits.keySet().forEach(this::wake);
  }

  int size() {
    return waits.size();
  }

  /** One who listens. */
  final class Wait {

    private final String text;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private Wait(String text) {
      this.text = text;
    }

    /** Runs something once, when a message comes or a time has passed. */
    void then(Duration atMost, Runnable next) {
      var timer = time.schedule(this::stop, atMost);
      ended.thenRun(() -> {
        timer.cancel();
        next.run();
      });
    }

    /** Listens no more. */
    void stop() {
      waits.computeIfPresent(text, (same, all) -> {
        all.remove(this);
        return all.isEmpty() ? null : all;
      });
      end();
    }

    private void end() {
      ended.complete(null);
    }
  }
}
