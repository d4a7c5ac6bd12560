package dev.scaling.examples.catalogue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Asks the instances over HTTP, over connections that stay open. Safe for use by many threads. */
final class CatalogueClient {

  static final int INSTANCES = 2;

  private static final int TIMEOUT_MILLIS = 15_000;

  private final ObjectMapper json = new ObjectMapper();
  private final List<Integer> ports;

  CatalogueClient(List<Integer> ports) {
    this.ports = List.copyOf(ports);
  }

  /** Reads a product from one of the instances. */
  Product product(int instance, long id, boolean cached) throws IOException {
    return call(open(instance, "/products/" + id, cached), Product.class);
  }

  /** Changes a price through one of the instances, and returns the product's new version. */
  long changePrice(int instance, long id, int priceCents, boolean cached) throws IOException {
    var connection = open(instance, "/products/" + id + "/price", cached);
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    byte[] body = Integer.toString(priceCents).getBytes(StandardCharsets.US_ASCII);
    connection.setFixedLengthStreamingMode(body.length);
    try (var out = connection.getOutputStream()) {
      out.write(body);
    }
    return call(connection, Long.class);
  }

  /** Returns the sum of what the instances have counted. */
  Stats stats() throws IOException {
    Stats sum = Stats.NONE;
    for (int i = 0; i < INSTANCES; i++) {
      sum = sum.plus(call(open(i, "/stats", /* cached= */ true), Stats.class));
    }
    return sum;
  }

  private HttpURLConnection open(int instance, String path, boolean cached) throws IOException {
    String address =
        "http://127.0.0.1:" + ports.get(instance) + path + (cached ? "" : "?cache=off");
    var connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    connection.setUseCaches(false);
    return connection;
  }

  private <T> T call(HttpURLConnection connection, Class<T> type) throws IOException {
    int status = connection.getResponseCode();
    if (status != HttpURLConnection.HTTP_OK) {
      try (InputStream rest = connection.getErrorStream()) {
        if (rest != null) {
          rest.readAllBytes(); // or the connection could not be used again
        }
      }
      throw new IOException(connection.getURL() + " answered " + status);
    }
    try (InputStream body = connection.getInputStream()) {
      return json.readValue(body.readAllBytes(), type);
    }
  }
}
