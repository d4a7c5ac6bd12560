package dev.scaling.core.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.misc.CompletableFutureWrapper;

/** Subscriptions over a client whose topics fail for as long as the test says. */
final class ChannelSubscriptionTest {

  private final VirtualTime time = new VirtualTime();
  private final List<Long> attemptMillis = new ArrayList<>();
  private final Heard heard = new Heard();
  private @Nullable RedissonClient client = client();
  private boolean fails = true;
  private final ChannelSubscription subscription = new ChannelSubscription(
      () -> client, "channel", heard, new Retries(time, new SplittableRandom(1)));

  @Test
  void pausesBetweenAttempts_doubleUpToFiveSeconds_andAreHalfLeftToChance() {
    subscription.start();
    time.advance(Duration.ofMinutes(10));

    var pauses = pausesMillis();
    long longest = 200;
    for (long pause : pauses) {
      assertThat(pause).isBetween(longest / 2, longest);
      longest = Math.min(2 * longest, 5_000);
    }
    assertThat(pauses).hasSizeBetween(10 * 60 / 5, 10 * 60 / 2);
    assertThat(pauses.stream().distinct()).hasSizeGreaterThan(pauses.size() / 2);
  }

  @Test
  void subscriptionThatStands_isNotTriedAgain() {
    subscription.start();
    time.advance(Duration.ofMinutes(1));
    fails = false;

    time.advance(Duration.ofSeconds(5));

    assertThat(heard.subscribed).hasValue(1);
    assertThat(time.pending()).isZero();
  }

  /** No attempt is made meanwhile, so none is to be put off once there is a client. */
  @Test
  void clientThatIsNotOpenYet_isAskedForWithoutLongerPauses() {
    client = null;
    fails = false;
    subscription.start();
    time.advance(Duration.ofMinutes(10));
    assertThat(attemptMillis).isEmpty();

    client = client();
    time.advance(Duration.ofMillis(200));

    assertThat(heard.subscribed).hasValue(1);
  }

  @Test
  void closedSubscription_isNotTriedAgain() {
    subscription.start();

    subscription.close();
    time.advance(Duration.ofMinutes(1));

    assertThat(attemptMillis).hasSize(1);
    assertThat(time.pending()).isZero();
  }

  private List<Long> pausesMillis() {
    var pauses = new ArrayList<Long>();
    for (int i = 1; i < attemptMillis.size(); i++) {
      pauses.add(attemptMillis.get(i) - attemptMillis.get(i - 1));
    }
    return pauses;
  }

  private RedissonClient client() {
    var topic = proxy(RTopic.class, (any, method, args) -> {
      var added = new CompletableFutureWrapper<>(1);
      return fails ? new CompletableFutureWrapper<>(new IllegalStateException("no")) : added;
    });
    return proxy(RedissonClient.class, (any, method, args) -> {
      attemptMillis.add(time.nanoTime() / 1_000_000);
      return topic;
    });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
