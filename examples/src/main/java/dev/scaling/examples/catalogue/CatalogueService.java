package dev.scaling.examples.catalogue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.scaling.cache.JsonCodec;
import dev.scaling.cache.KeyCodec;
import dev.scaling.cache.TieredCache;
import dev.scaling.core.redis.Redis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * One of the identical instances of the catalogue service.
 *
 * <ul>
 *   <li>{@code GET /products/{id}}: a product's page; with {@code ?cache=off} straight from the
 *       database
 *   <li>{@code PUT /products/{id}/price}: a new price in cents; replies with the new version
 *   <li>{@code GET /stats}: what this instance has counted
 * </ul>
 *
 * <p>It prints its port, and ends when its standard input does: it never outlives who started it.
 */
public final class CatalogueService implements AutoCloseable {

  static final int LOCAL_ENTRIES = 1_000;

  private static final int BACKLOG = 1_024;
  private static final Duration STARTUP = Duration.ofSeconds(30);
  private static final byte[] NOTHING = new byte[0];

  private final ObjectMapper json = new ObjectMapper();
  private final Redis redis;
  private final ProductRepository repository;
  private final TieredCache<Long, Product> products;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  private CatalogueService(String redisAddress, String databaseUrl) throws IOException {
    redis = Redis.connect(redisAddress);
    redis.ready(STARTUP).join();
    repository = new ProductRepository(databaseUrl);
    products = TieredCache.builder("products", redis, KeyCodec.longs(), JsonCodec.of(Product.class))
        .ttl(Duration.ofMinutes(10))
        .local(local -> local.maximumEntries(LOCAL_ENTRIES).ttl(Duration.ofMinutes(1)))
        .redisTimeout(Duration.ofSeconds(2)) // five processes share what may be two cores
        .build(repository::find);
    server = HttpServer.create(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), /* port= */ 0), BACKLOG);
    server.setExecutor(threads);
    server.createContext("/products/", exchange -> handle(exchange, this::product));
    server.createContext("/stats", exchange -> handle(exchange, this::stats));
    server.start();
  }

  /** Runs an instance: {@code CatalogueService REDIS_ADDRESS DATABASE_URL}. */
  public static void main(String[] args) throws IOException {
    // The second of the two small packets of an answer would wait for the client's next one.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    try (var service = new CatalogueService(args[0], args[1])) {
      System.out.println(service.server.getAddress().getPort());
      while (System.in.read() >= 0) {
        // The starter says nothing; its end of the pipe closes when it ends, however it ends.
      }
    }
    System.exit(0);
  }

  private @Nullable Object product(HttpExchange exchange) throws IOException, SQLException {
    String[] path = exchange.getRequestURI().getPath().split("/", -1);
    long id = Long.parseLong(path[2]);
    boolean cached = exchange.getRequestURI().getQuery() == null;
    if (path.length == 3) {
      return cached ? products.get(id) : repository.find(id);
    }
    byte[] body = exchange.getRequestBody().readAllBytes();
    int priceCents = json.readValue(body, Integer.class);
    return cached
        ? products.update(id, () -> repository.changePrice(id, priceCents)).result()
        : (Long) repository.changePrice(id, priceCents);
  }

  private Stats stats(HttpExchange exchange) {
    return Stats.of(repository, products.snapshot());
  }

  private void handle(HttpExchange exchange, Handler handler) throws IOException {
    try (exchange) {
      int status = 200;
      byte[] body = NOTHING;
      try {
        Object answer = handler.answer(exchange);
        if (answer == null) {
          status = 404;
        } else {
          body = json.writeValueAsBytes(answer);
        }
      } catch (IllegalArgumentException e) {
        status = 400;
      } catch (Exception e) {
        System.err.println("catalogue: " + exchange.getRequestURI() + ": " + e);
        status = 503;
      }
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(/* delay= */ 0);
    threads.shutdownNow();
    products.close();
    redis.close();
    repository.close();
  }

  /** Answers a request with something to be written as JSON, or {@code null} for "not found". */
  private interface Handler {

    @Nullable
    Object answer(HttpExchange exchange) throws Exception;
  }
}
