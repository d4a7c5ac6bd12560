package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import java.net.URI;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RedissonClient;

/** Configures a {@link Redis}. Not safe for use by many threads. */
public final class RedisBuilder {

  /**
   * Looser than {@link URI} in one point: the host may have a {@code _}, as in containers' names.
   */
  private static final Pattern ADDRESS = Pattern.compile(
      "rediss?://([^@/?#]*@)?([A-Za-z0-9._-]+|\\[[^]@/?#]+]):(?<port>[1-9][0-9]{0,4})/?");

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
    var parts = ADDRESS.matcher(Checks.notNull(address, "address"));
    if (!parts.matches() || Integer.parseInt(parts.group("port")) > 65_535 || !isUri(address)) {
      throw new IllegalArgumentException("address must be redis://host:port or rediss://host:port,"
          + " with a port from 1 to 65535 and nothing behind it: " + withoutSecrets(address));
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

  /** Returns an address as it may be told: a password may stand before the @, or after a ?. */
  static String withoutSecrets(String address) {
    return address.replaceAll("(?s)//.*@", "//…@").replaceAll("(?s)[?#].*", "?…");
  }

  private static boolean isUri(String address) {
    try {
      return URI.create(address).getRawAuthority() != null;
    } catch (IllegalArgumentException e) { // not passed on: its message repeats the address
      return false;
    }
  }
}
