package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.testkit.RedisExtension;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the span of a caller hears. */
@Timeout(60)
final class LockEventsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String SECRET = "invoice:42";
  private static final String WAITED = "scaling.lock.waited_millis";
  private static final String HELD = "scaling.lock.held_millis";

  private final Services services = new Services();
  private final SdkTracerProvider tracers = SdkTracerProvider.builder()
      .addSpanProcessor(SimpleSpanProcessor.create(InMemorySpanExporter.create()))
      .build();
  private final OpenTelemetry telemetry =
      OpenTelemetrySdk.builder().setTracerProvider(tracers).build();
  private final Span span = span("request");

  @AfterEach
  void close() throws Exception {
    services.close();
    tracers.close();
  }

  /**
   * A caller would wait for ever, if what hears of the acquisition could keep it from the caller.
   */
  @Test
  void spanThatThrows_disturbsNobody() throws Exception {
    var service = service("mine", telemetry);
    var lease = in(throwing(), () -> service.lock("a").acquire(LONG));

    lease.close();

    assertThat(service.lock("a").tryAcquire(LONG)).isPresent();
  }

  @Test
  void acquisition_isAnEventOfTheCallersSpan_withItsTokenAndNoName() throws Exception {
    var service = service("mine", telemetry);
    var lease = in(span, () -> service.lock(SECRET).acquire(LONG));
    assertThat(in(span, () -> service.lock(SECRET).tryAcquire())).isEmpty();
    assertThat(events(span))
        .containsExactly(
            acquired(lease, false),
            Map.of(
                "event", "scaling.lock.acquisition",
                "scaling.component.name", "test",
                "scaling.outcome", "contended",
                "scaling.lock.holder", "mine"));
  }

  @Test
  void leaseThatWasHandedOn_saysSo_toTheSpanOfItsOwnCaller() throws Exception {
    var mine = service("mine", telemetry);
    var others = service("others", telemetry);
    var first = others.lock(SECRET).acquire(LONG);
    var waiting = in(span, () -> mine.lock(SECRET).acquireAsync(LONG));
    await().until(() -> servers.server().command("ZCARD", line()).equals(1L));
    first.close();
    var lease = ((Acquired) waiting.get()).lease();
    assertThat(events(span)).containsExactly(acquired(lease, true));
  }

  @Test
  void quorumThatIsAway_isNamed() throws Exception {
    var service = service("mine", telemetry);
    servers.server().pause();
    in(span, () -> service.lock(SECRET).acquireAsync(LONG)).get();
    assertThat(events(span))
        .containsExactly(Map.of(
            "event", "scaling.lock.acquisition",
            "scaling.component.name", "test",
            "scaling.outcome", "unavailable",
            "scaling.lock.nodes", List.of("node-a")));
  }

  @Test
  void loss_goesToTheSpanThatAcquired_whateverIsCurrentThen() throws Exception {
    var service = service("mine", telemetry);
    var lease = in(span, () -> service.lock(SECRET).acquire(LONG));
    var other = span("other");
    in(other, () -> lost(lease, LossReason.EXPIRED));
    assertThat(events(other)).isEmpty();
    assertThat(events(span))
        .containsExactly(
            acquired(lease, false),
            Map.of(
                "event", "scaling.lock.loss",
                "scaling.component.name", "test",
                "scaling.lock.loss_reason", "expired",
                "scaling.lock.fencing_token", lease.fencingToken()));
  }

  @Test
  void leaseThatWasAttached_isLostToTheSpanThatAttachedIt() throws Exception {
    var service = service("mine", telemetry);
    var handle = service.lock(SECRET).acquire(LONG).detach();
    lost(in(span, () -> service.attach(handle)), LossReason.TAKEN);
    assertThat(events(span))
        .containsExactly(Map.of(
            "event", "scaling.lock.loss",
            "scaling.component.name", "test",
            "scaling.lock.loss_reason", "taken",
            "scaling.lock.fencing_token", handle.fencingToken()));
  }

  @Test
  void lossAfterTheSpanHasEnded_andReleases_areNoEvents() throws Exception {
    var service = service("mine", telemetry);
    in(span, () -> service.lock(SECRET).acquire(LONG)).release().get();
    var lease = in(span, () -> service.lock(SECRET).acquire(LONG));
    span.end();
    lost(lease, LossReason.EXPIRED);
    assertThat(events(span)).hasSize(2).noneMatch(event -> event.containsValue("expired"));
  }

  @Test
  void callForAPermit_isOneEvent_howeverManyLocksItTries() throws Exception {
    var service = service("mine", telemetry);
    var semaphore = service.semaphore(SECRET, 4);
    for (int i = 0; i < 3; i++) {
      assertThat(semaphore.tryAcquire(LONG)).isPresent();
    }
    var permit = in(span, () -> semaphore.tryAcquire(LONG)).orElseThrow();
    assertThat(in(span, () -> semaphore.tryAcquire(Duration.ZERO))).isEmpty();
    lost(permit, LossReason.EXPIRED);
    assertThat(events(span))
        .extracting(event -> event.getOrDefault("scaling.outcome", event.get("event")))
        .containsExactly("acquired", "contended", "scaling.lock.loss");
  }

  @Test
  void withoutAnSdk_orASpanThatRecords_nothingIsTold() throws Exception {
    var silent = service("silent", OpenTelemetry.noop());
    lost(in(span, () -> silent.lock(SECRET).acquire(LONG)), LossReason.EXPIRED);
    assertThat(events(span)).isEmpty();
    var service = service("mine", telemetry);
    try (var none = SdkTracerProvider.builder().setSampler(Sampler.alwaysOff()).build()) {
      var unsampled = none.get("test").spanBuilder("request").startSpan();
      lost(in(unsampled, () -> service.lock("other").acquire(LONG)), LossReason.EXPIRED);
    }
  }

  /** Returns a span that takes no event. */
  private static Span throwing() {
    return (Span) Proxy.newProxyInstance(
        Span.class.getClassLoader(), new Class<?>[] {Span.class}, (proxy, method, args) -> {
          return switch (method.getName()) {
            case "isRecording" -> true;
            case "addEvent" -> throw new NoSuchMethodError("of another version");
            default -> InvocationHandler.invokeDefault(proxy, method, args);
          };
        });
  }

  private static Map<String, Object> acquired(Lease lease, boolean isHandedOn) {
    return Map.of(
        "event", "scaling.lock.acquisition",
        "scaling.component.name", "test",
        "scaling.outcome", "acquired",
        "scaling.lock.fencing_token", lease.fencingToken(),
        "scaling.lock.handed_on", isHandedOn);
  }

  /** Returns a span's events with their attributes, but for times, which no name is in. */
  private static List<Map<String, Object>> events(Span span) {
    var events = ((ReadableSpan) span).toSpanData().getEvents();
    return events.stream().map(LockEventsIT::attributes).toList();
  }

  private static Map<String, Object> attributes(EventData event) {
    Map<String, Object> attributes = new TreeMap<>(Map.of("event", event.getName()));
    event.getAttributes().forEach((key, value) -> {
      assertThat(key.getKey()).startsWith("scaling.");
      assertThat(value.toString()).doesNotContain(SECRET);
      attributes.put(key.getKey(), value);
    });
    String time = event.getName().endsWith("loss") ? HELD : WAITED;
    assertThat(attributes.remove(time))
        .isInstanceOfSatisfying(
            Long.class, millis -> assertThat(millis).isBetween(0L, LONG.toMillis()));
    return attributes;
  }

  private LockService service(String instance, OpenTelemetry to) throws Exception {
    return services.ready(services
        .builder(servers.servers())
        .quarantined(false)
        .lease(LONG)
        .nodeTimeout(Duration.ofSeconds(4))
        .instance(instance)
        .openTelemetry(to));
  }

  private static <T> T in(Span span, Callable<T> work) throws Exception {
    return Context.root().with(span).wrap(work).call();
  }

  private static Lease lost(Lease lease, LossReason reason) {
    lease.lose(reason);
    return lease;
  }

  private Span span(String name) {
    return tracers.get("test").spanBuilder(name).startSpan();
  }

  private static String line() {
    return "scaling:test:q:1:{test}:" + SECRET;
  }
}
