package dev.scaling.concurrency.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Checks what becomes of items that many threads put, while it happens and afterwards. */
final class Ledger {

  /** One item: the number grows with each that its producer puts. */
  record Item(int producer, int number) {}

  private final int concurrency;
  private final Map<Item, AtomicInteger> accepted = new ConcurrentHashMap<>();
  private final Map<Item, AtomicInteger> ended = new ConcurrentHashMap<>();
  private final Map<Integer, Integer> lastBegun = new ConcurrentHashMap<>();
  private final AtomicInteger running = new AtomicInteger();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();

  Ledger(int concurrency) {
    this.concurrency = concurrency;
  }

  void accepted(Item item) {
    count(accepted, item);
  }

  void begun(Item item) {
    if (running.incrementAndGet() > concurrency) {
      faults.add("more than " + concurrency + " handled at a time");
    }
    if (concurrency == 1) {
      Integer before = lastBegun.put(item.producer(), item.number());
      if (before != null && before > item.number()) {
        faults.add("out of order: " + item + " after " + before);
      }
    }
  }

  void handled(Item item) {
    running.decrementAndGet();
    count(ended, item);
  }

  void threw() {
    running.decrementAndGet();
  }

  void givenUp(DeadLetter<Item> letter) {
    count(ended, letter.item());
  }

  /** Notes numbers of the queue, at whatever moment they were taken. */
  void seen(QueueSnapshot now, int capacity) {
    long accounted = now.handled() + now.deadLetters() + now.waiting() + now.running();
    if (now.accepted() != accounted) {
      faults.add("numbers that do not add up: " + now);
    }
    if (now.waiting() > capacity
        || now.running() > concurrency
        || now.undelivered() > 2 * capacity + concurrency) {
      faults.add("beyond its bounds: " + now);
    }
  }

  void fault(String fault) {
    faults.add(fault);
  }

  /** Returns what went wrong, once all is over. */
  List<String> faults(QueueSnapshot end) {
    List<String> all = new ArrayList<>(faults);
    accepted.forEach((item, times) -> {
      var ends = ended.get(item);
      if (ends == null || ends.get() != times.get()) {
        all.add(item + " has ended " + (ends == null ? 0 : ends.get()) + " times");
      }
    });
    ended.keySet().stream()
        .filter(item -> !accepted.containsKey(item))
        .forEach(item -> all.add(item + " was refused, and has an end"));
    if (end.accepted() != accepted.size()) {
      all.add("accepted " + accepted.size() + ", and counted " + end.accepted());
    }
    if (end.waiting() + end.running() + end.producers() + end.undelivered() > 0) {
      all.add("left behind: " + end);
    }
    return all;
  }

  private static void count(Map<Item, AtomicInteger> map, Item item) {
    map.computeIfAbsent(item, any -> new AtomicInteger()).incrementAndGet();
  }
}
