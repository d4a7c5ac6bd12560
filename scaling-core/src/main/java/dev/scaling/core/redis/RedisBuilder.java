package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import java.net.URI;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RedissonClient;

/** Configures a {@link Redis}. Not safe for use by many threads. */
public final class RedisBuilder {

  final @Nullable RedissonClient client;
  private final @Nullable String address;
  String name = "redis";
  Time time = Time.system();
  RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  @Nullable
  OpenTelemetry openTelemetry;

  private RedisBuilder(@Nullable RedissonClient client, @Nullable String address) {
    this.client = client;
    this.address = address;
  }

  static RedisBuilder over(RedissonClient client) {
    return new RedisBuilder(Checks.notNull(client, "client"), null);
  }

  static RedisBuilder to(String address) {
    URI uri;
    try {
      uri = URI.create(Checks.notNull(address, "address"));
    } catch (IllegalArgumentException e) { // no cause: its message repeats the address
      throw new IllegalArgumentException(message(address));
    }
    boolean scheme = "redis".equals(uri.getScheme()) || "rediss".equals(uri.getScheme());
    if (!scheme || uri.getHost() == null || uri.getPort() < 1) {
      throw new IllegalArgumentException(message(address));
    }
    return new RedisBuilder(null, address);
  }

  /**
   * Names the port in telemetry. The default is {@code redis}.
   *
   * @param name 1 to 64 letters, digits, dots, dashes and underscores
   */
  public RedisBuilder name(String name) {
    this.name = Checks.name("name", name);
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public RedisBuilder time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets what jitter is drawn from; used by many threads. The default is the thread's own. */
  public RedisBuilder random(RandomGenerator random) {
    this.random = Checks.notNull(random, "random");
    return this;
  }

  /** Sets where metrics go. The default is the global instance, or nothing if there is none. */
  public RedisBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the port. Does not wait for Redis.
   *
   * @throws IllegalArgumentException if the client was not made by Redisson itself, or maps names
   */
  public Redis build() {
    return new RedissonRedis(this);
  }

  String address() {
    return Objects.requireNonNull(address);
  }

  private static String message(String address) {
    // A password may stand before the @, so the address is not repeated.
    return "address must be redis://host:port or rediss://host:port: "
        + address.replaceAll("(?s)//.*@", "//…@");
  }
}
