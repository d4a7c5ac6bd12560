package dev.scaling.concurrency.queue;

import dev.scaling.concurrency.queue.BoundedQueueBuilder.WhenFull;
import dev.scaling.concurrency.queue.Ledger.Item;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** A queue of random settings, from its first put to its end. */
final class Round {

  static final int PRODUCERS = 4;

  private static final int ITEMS = 300; // of each producer

  private final ExecutorService threads;
  private final Fault fault;
  private final Duration patience;
  private final VirtualTime time = new VirtualTime();
  private final int capacity;
  private final int concurrency;
  private final boolean isClosedEarly;
  private final boolean isGentle;
  private final long seed;
  private final AtomicInteger tasks = new AtomicInteger();
  private final Ledger ledger;
  final BoundedQueue<Item> queue;

  Round(ExecutorService threads, Random random, Fault fault, Duration patience) {
    this.threads = threads;
    this.fault = fault;
    this.patience = patience;
    capacity = 1 + random.nextInt(4);
    concurrency = 1 + random.nextInt(3);
    isClosedEarly = random.nextInt(3) == 0;
    isGentle = random.nextBoolean();
    seed = random.nextLong();
    ledger = new Ledger(concurrency);
    var builder = random.nextBoolean()
        ? BoundedQueue.<Item>builder("things", this::handle)
        : BoundedQueue.<Item>builderOfStages("things", this::handleLater);
    builder
        .capacity(capacity)
        .concurrency(concurrency)
        .whenFull(random.nextBoolean() ? WhenFull.WAIT : WhenFull.DROP_OLDEST)
        .deadLetter(this::hear)
        .executor(this::execute)
        .time(time);
    if (random.nextBoolean()) {
      builder.maxAge(Duration.ofMillis(1L + random.nextInt(3)));
    }
    if (fault == Fault.SLOTS_WITHOUT_END) {
      builder.slots(() -> failure -> {});
    } else if (fault == Fault.SLOT_NOT_GIVEN_BACK) {
      builder.slots(forgetful(new FixedSlots(concurrency)));
    }
    queue = builder.build();
  }

  List<String> faults() throws Exception {
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < PRODUCERS; i++) {
      int producer = i;
      all.add(threads.submit(() -> produce(producer)));
    }
    if (isClosedEarly) {
      all.add(threads.submit(this::close));
    }
    boolean hasEnded = follow(all);
    if (hasEnded && !isClosedEarly) {
      hasEnded = follow(List.of(threads.submit(this::close)));
    }
    if (!hasEnded) {
      ledger.fault("stands still: " + queue);
      queue.close();
    }
    follow(all);
    follow(List.of(threads.submit(this::awaitTasks)));
    return ledger.faults(queue.snapshot());
  }

  /** Lets time pass until all have ended; returns whether that was within the patience. */
  private boolean follow(List<Future<?>> all) throws Exception {
    long startNanos = System.nanoTime();
    for (Future<?> each : all) {
      while (!each.isDone()) {
        time.advance(Duration.ofMillis(1));
        ledger.seen(queue.snapshot(), capacity);
        if (System.nanoTime() - startNanos > patience.toNanos()) {
          return false;
        }
      }
      each.get(); // for what it threw
    }
    return true;
  }

  private void close() {
    if (isClosedEarly) {
      spin(20_000);
    }
    if (isGentle) {
      queue.close(Duration.ofDays(1));
    } else {
      queue.close();
    }
  }

  private void awaitTasks() {
    while (tasks.get() > 0) {
      Thread.onSpinWait();
    }
  }

  private void produce(int producer) {
    var random = new Random(seed + producer);
    List<CompletableFuture<Void>> calls = new ArrayList<>();
    try {
      for (int number = 0; number < ITEMS; number++) {
        put(new Item(producer, number), random, calls);
      }
    } catch (IllegalStateException e) { // it was closed, before or meanwhile
      if (!isClosedEarly && fault == Fault.NONE) {
        throw e;
      }
    }
    for (var call : calls) {
      call.exceptionally(told -> null).join(); // what it was told is in the ledger
    }
  }

  private void put(Item item, Random random, List<CompletableFuture<Void>> calls) {
    var maxWait = Duration.ofMillis(random.nextInt(3));
    switch (random.nextInt(5)) {
      case 0 -> {
        if (queue.tryPut(item)) {
          ledger.accepted(item);
        }
      }
      case 1 -> {
        queue.put(item);
        ledger.accepted(item);
      }
      case 2 -> {
        try {
          queue.put(item, maxWait);
          ledger.accepted(item);
        } catch (QueueFullException e) {
          spin(10);
        }
      }
      default -> {
        var call = random.nextBoolean() ? queue.putAsync(item) : queue.putAsync(item, maxWait);
        calls.add(call.whenComplete((nothing, failure) -> {
          if (failure == null) {
            ledger.accepted(item);
          }
        }));
        if (random.nextInt(3) == 0) {
          spin(random.nextInt(100));
          call.cancel(true);
        }
      }
    }
  }

  private void handle(Item item) {
    ledger.begun(item);
    spin(item.number() % 50);
    if (item.number() % 7 == 0) {
      ledger.threw();
      if (item.number() % 2 == 0) {
        throw new IllegalStateException("on purpose");
      }
      throw new AssertionError("on purpose");
    }
    ledger.handled(item);
  }

  private CompletionStage<?> handleLater(Item item) {
    if (item.number() % 3 == 0) {
      handle(item);
      return CompletableFuture.completedFuture(item);
    }
    ledger.begun(item);
    var later = new CompletableFuture<Item>();
    tasks.incrementAndGet();
    threads.execute(() -> {
      spin(item.number() % 50);
      if (item.number() % 7 == 0) {
        ledger.threw();
        later.completeExceptionally(new IllegalStateException());
      } else {
        ledger.handled(item);
        later.complete(item);
      }
      tasks.decrementAndGet();
    });
    return later;
  }

  private void hear(DeadLetter<Item> letter) {
    ledger.givenUp(letter);
    if (fault == Fault.HOOK_CALLED_TWICE && letter.item().number() % 5 == 0) {
      ledger.givenUp(letter);
    }
    if (letter.item().number() % 11 == 0) {
      throw new IllegalStateException("the hook throws, too");
    }
  }

  private void execute(Runnable task) {
    if (fault == Fault.EXECUTOR_LOSES_TASKS && task instanceof Turn<?> turn) {
      if (((Item) turn.item).number() % 20 == 0) {
        return;
      }
    }
    tasks.incrementAndGet();
    threads.execute(() -> {
      task.run();
      tasks.decrementAndGet();
    });
  }

  private static Slots forgetful(Slots slots) {
    var given = new AtomicInteger();
    return () -> {
      var slot = slots.tryTake();
      return slot == null
          ? null
          : failure -> {
            if (given.incrementAndGet() % 20 != 0) {
              slot.giveBack(failure);
            }
          };
    };
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }

  /** What is broken, and how the ledger says so. */
  enum Fault {
    NONE(""),
    EXECUTOR_LOSES_TASKS("has ended 0 times"),
    SLOTS_WITHOUT_END("handled at a time"),
    SLOT_NOT_GIVEN_BACK("stands still"),
    HOOK_CALLED_TWICE("has ended 2 times");

    final String seenAs;

    Fault(String seenAs) {
      this.seenAs = seenAs;
    }
  }
}
