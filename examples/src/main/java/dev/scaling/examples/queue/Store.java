package dev.scaling.examples.queue;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAccumulator;

/** A table of mails that takes a millisecond for each, and remembers how many came at a time. */
final class Store {

  final Queue<Mail> saved = new ConcurrentLinkedQueue<>();
  final LongAccumulator most = new LongAccumulator(Math::max, 0);
  private final AtomicInteger inside = new AtomicInteger();

  int save(Mail mail) throws InterruptedException {
    most.accumulate(inside.incrementAndGet());
    try {
      Thread.sleep(1);
      if (mail.number() % 100 == 13) {
        throw new IllegalArgumentException("no such address");
      }
      saved.add(mail);
      return saved.size();
    } finally {
      inside.decrementAndGet();
    }
  }
}
