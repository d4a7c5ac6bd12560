package dev.scaling.resilience;

import dev.scaling.core.Time;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What others let retries depend on, each with its defaults; see design and sources in RetryBudget.
 */
enum PeerPolicy {
  /** No retry at all. */
  NO_RETRIES {
    @Override
    RetryPolicy create(Time time) {
      return new Bucket(0, 0, 0, 1);
    }
  },

  /** A retry after each failure: resilience4j, Failsafe, Polly and most of the rest. */
  UNBUDGETED {
    @Override
    RetryPolicy create(Time time) {
      return new Bucket(1, 0, 0, 0);
    }
  },

  /** Finagle: a fifth of the requests of the last ten seconds, and ten a second. */
  FINAGLE {
    @Override
    RetryPolicy create(Time time) {
      return new Window(time, 10);
    }
  },

  /** Finagle without its minimum. */
  FINAGLE_WITHOUT_MINIMUM {
    @Override
    RetryPolicy create(Time time) {
      return new Window(time, 0);
    }
  },

  /** The AWS SDK's standard mode. */
  AWS {
    @Override
    RetryPolicy create(Time time) {
      return new Bucket(500, 1, 5, 5);
    }
  },

  /** The AWS SDK's mode of 2026. */
  AWS_2026 {
    @Override
    RetryPolicy create(Time time) {
      return new Bucket(500, 1, 14, 14);
    }
  },

  /** gRPC's throttle: each failure takes one of ten, and below five there are no retries. */
  GRPC {
    @Override
    RetryPolicy create(Time time) {
      return new Bucket(10, 0.1, 0.1, 0) {
        @Override
        boolean retries() {
          tokens = Math.max(0, tokens - 1);
          return tokens > 5;
        }

        @Override
        void gaveUp() {
          tokens = Math.max(0, tokens - 1);
        }
      };
    }
  },

  /** Brooker's bucket. */
  BROOKER {
    @Override
    RetryPolicy create(Time time) {
      return new Bucket(10, 0.1, 0.1, 1);
    }
  };

  abstract RetryPolicy create(Time time);

  /** Tokens that successes put in and retries take out. */
  private static class Bucket implements RetryPolicy, RetryPolicy.Call {

    double tokens;
    private final double most;
    private final double perFirstSuccess;
    private final double perLaterSuccess;
    private final double cost;

    Bucket(double most, double perFirstSuccess, double perLaterSuccess, double cost) {
      this.most = most;
      tokens = most;
      this.perFirstSuccess = perFirstSuccess;
      this.perLaterSuccess = perLaterSuccess;
      this.cost = cost;
    }

    @Override
    public Call begin() {
      return this;
    }

    @Override
    public void succeeded(int attempt) {
      tokens = Math.min(most, tokens + (attempt == 1 ? perFirstSuccess : perLaterSuccess));
    }

    @Override
    public boolean failed(int attempt) {
      if (attempt == ATTEMPTS) {
        gaveUp();
        return false;
      }
      return retries();
    }

    boolean retries() {
      boolean retries = tokens >= cost;
      tokens -= retries ? cost : 0;
      return retries;
    }

    void gaveUp() {}
  }

  /** Requests of the last ten seconds pay, whatever became of them. */
  private static final class Window implements RetryPolicy, RetryPolicy.Call {

    private static final long NANOS = 10_000_000_000L;
    private static final double RATIO = 0.2;

    private final Time time;
    private final double minimum;
    private final Deque<Long> requests = new ArrayDeque<>();
    private final Deque<Long> retries = new ArrayDeque<>();

    Window(Time time, int minimumPerSecond) {
      this.time = time;
      minimum = minimumPerSecond * 10.0;
    }

    @Override
    public Call begin() {
      requests.add(time.nanoTime());
      return this;
    }

    @Override
    public void succeeded(int attempt) {}

    @Override
    public boolean failed(int attempt) {
      expire(requests);
      expire(retries);
      boolean isPaid = RATIO * requests.size() + minimum - retries.size() >= 1;
      if (attempt == ATTEMPTS || !isPaid) {
        return false;
      }
      retries.add(time.nanoTime());
      return true;
    }

    private void expire(Deque<Long> times) {
      while (!times.isEmpty() && time.nanoTime() - times.getFirst() > NANOS) {
        times.remove();
      }
    }
  }
}
