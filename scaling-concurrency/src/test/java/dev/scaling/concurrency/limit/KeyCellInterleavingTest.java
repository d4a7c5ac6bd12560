package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.internal.Interleavings;
import dev.scaling.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of those who ask for a key and of the store's answers, chosen by Lincheck's model
 * checker: one flight at a time, no ask is lost or sent twice, and all are answered in their order.
 */
@Tag("chaos") // some minutes
@Timeout(600)
final class KeyCellInterleavingTest {

  @Test
  void asks_areSentAndAnsweredOnce_inTheirOrder() {
    options().check(LateAnswers.class);
  }

  @Test
  void asks_areSentAndAnsweredOnce_inTheirOrder_byAStoreThatAnswersAtOnce() {
    options().check(AnswersAtOnce.class);
  }

  /** The control: who has landed does not look for those who came meanwhile. */
  @Test
  void askThatIsLeftBehind_isNoticed() {
    Interleavings.assertNoticed(options(), WithoutAnotherLook.class);
  }

  /** The control: a look and a step apart. */
  @Test
  void flightsAtOnce_areNoticed() {
    Interleavings.assertNoticed(options(), LookBeforeTheStep.class);
  }

  private static ModelCheckingOptions options() {
    return Interleavings.of(/* threads= */ 3, /* actorsPerThread= */ 1)
        .iterations(6)
        .invocationsPerIteration(300);
  }

  /** Those who ask, and the store that the test plays. Public, as the checker wants it. */
  public abstract static class Asks {

    private final Queue<Ask> asked = new ConcurrentLinkedQueue<>();
    private final Queue<Ask> boarded = new ConcurrentLinkedQueue<>();
    private final Queue<Ask> received = new ConcurrentLinkedQueue<>();
    private final AtomicReference<Flight> inTheAir = new AtomicReference<>();

    abstract void send(Ask ask);

    /** Asks twice, one after the other. */
    @Operation
    public void ask() {
      var first = newAsk();
      var second = newAsk();
      asked.add(first);
      asked.add(second);
      send(first);
      send(second);
      if (isBefore(second, first)) {
        throw new IllegalStateException("overtaken");
      }
    }

    /** Lets the store answer what it was asked last. */
    @Operation
    public void answer() {
      land();
    }

    /** Answers all that is left, and fails unless each ask was sent and answered once. */
    @Validate
    public void noneIsLost() {
      while (land()) {
        // the next one takes off
      }
      var sent = List.copyOf(boarded);
      if (!sent.equals(List.copyOf(received))) {
        throw new IllegalStateException("answered in another order");
      }
      if (sent.size() != asked.size() || !sent.containsAll(asked)) {
        throw new IllegalStateException(sent.size() + " sent of " + asked.size());
      }
      if (!asked.stream().allMatch(Ask::isDone)) {
        throw new IllegalStateException("not answered");
      }
    }

    /** Takes off. */
    CompletableFuture<Store.Taken> take(List<Ask> asks) {
      var flight = new Flight(asks);
      if (!inTheAir.compareAndSet(null, flight)) {
        throw new IllegalStateException("two flights at once");
      }
      boarded.addAll(asks);
      return flight.taken;
    }

    boolean land() {
      var flight = inTheAir.getAndSet(null);
      if (flight == null) {
        return false;
      }
      var calls = new long[flight.asks.size()];
      Arrays.fill(calls, 1);
      flight.taken.complete(new Store.Taken(0, new double[] {0}, calls));
      return true;
    }

    private Ask newAsk() {
      var self = new AtomicReference<Ask>();
      var ask = new Ask(1, 1, 0, grant -> received.add(self.get()));
      self.set(ask);
      return ask;
    }

    private boolean isBefore(Ask one, Ask other) {
      var sent = new ArrayList<>(boarded);
      return sent.contains(one) && sent.indexOf(one) < sent.indexOf(other);
    }

    private record Flight(List<Ask> asks, CompletableFuture<Store.Taken> taken) {

      Flight(List<Ask> asks) {
        this(asks, new CompletableFuture<>());
      }
    }
  }

  /** The real one. */
  public abstract static class OfACell extends Asks implements Store {

    private final KeyCell cell = new KeyCell(
        "key",
        this,
        new Gcra(List.of("api"), List.of(RateLimit.perSecond(10))),
        VirtualTime.standing(),
        /* stock= */ null);

    @Override
    void send(Ask ask) {
      cell.ask(ask);
    }

    @Override
    public CompletableFuture<Boolean> refund(String key, Grant grant) {
      throw new UnsupportedOperationException();
    }
  }

  /** With a store like Redis. */
  public static final class LateAnswers extends OfACell {

    @Override
    public CompletableFuture<Taken> take(String key, List<Ask> asks) {
      return take(asks);
    }
  }

  /** With a store like the one in this process. */
  public static final class AnswersAtOnce extends OfACell {

    @Override
    public CompletableFuture<Taken> take(String key, List<Ask> asks) {
      var taken = take(asks);
      land();
      return taken;
    }
  }

  /** Broken ones: each flight takes what waits, and lands as a cell's. */
  public abstract static class Combined extends Asks {

    final Queue<Ask> waiting = new ConcurrentLinkedQueue<>();

    void fly(Runnable landed) {
      List<Ask> asks = new ArrayList<>();
      for (Ask ask = waiting.poll(); ask != null; ask = waiting.poll()) {
        asks.add(ask);
      }
      take(asks).thenAccept(taken -> {
        var grant = new Grant(1, 0, taken.tats(), taken.tats(), 0, 0);
        asks.forEach(ask -> ask.received(grant));
        landed.run();
        asks.forEach(ask -> ask.complete(grant));
      });
    }
  }

  /** Looks once. */
  public static final class WithoutAnotherLook extends Combined {

    private final AtomicReference<Thread> underWay = new AtomicReference<>();

    @Override
    void send(Ask ask) {
      waiting.add(ask);
      if (underWay.compareAndSet(null, Thread.currentThread())) {
        fly(() -> underWay.set(null));
      }
    }
  }

  /** Sees that nothing is under way, and then says that something is. */
  public static final class LookBeforeTheStep extends Combined {

    private volatile boolean underWay;

    @Override
    void send(Ask ask) {
      waiting.add(ask);
      takeOff();
    }

    private void takeOff() {
      if (!waiting.isEmpty() && !underWay) {
        underWay = true;
        fly(() -> {
          underWay = false;
          takeOff();
        });
      }
    }
  }
}
