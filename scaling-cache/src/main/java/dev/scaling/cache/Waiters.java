package dev.scaling.cache;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

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

  /**
   * Wakes those who wait for a key.
   *
   * @param inVain whether there is nothing for them in Redis, nor will be
   */
  void wake(String text, boolean inVain) {
    var woken = waits.remove(text);
    if (woken != null) {
      woken.forEach(wait -> wait.end(inVain));
    }
  }

  void wakeAll() {
    waits.keySet().forEach(text -> wake(text, /* inVain= */ false));
  }

  int size() {
    return waits.size();
  }

  /** One who listens. */
  final class Wait {

    private final String text;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    private Wait(String text) {
      this.text = text;
    }

    /**
     * Runs something once, when a message comes or a time has passed.
     *
     * @param next is told whether the message said that the wait was in vain
     */
    void then(Duration atMost, Consumer<Boolean> next) {
      var timer = time.schedule(this::stop, atMost);
      ended.thenAccept(inVain -> {
        timer.cancel();
        next.accept(inVain);
      });
    }

    /** Listens no more. */
    void stop() {
      waits.computeIfPresent(text, (same, all) -> {
        all.remove(this);
        return all.isEmpty() ? null : all;
      });
      end(/* inVain= */ false);
    }

    private void end(boolean inVain) {
      ended.complete(inVain);
    }
  }
}
