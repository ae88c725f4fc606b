using System.Buffers;
using System.Text;
using System.Text.Json;
using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>How the attempts of a message failed, as its row keeps it: a JSON array of arrays of attempt, microseconds since 1970, type and message.</summary>
internal static class ErrorLog
{
    /// <summary>How many are kept, the latest ones.</summary>
    private const int MaxCount = 10;

    /// <summary>How an attempt failed that nobody has told of.</summary>
    public static Death LeaseLost(int attempt) =>
        new("", "lease_lost", "Its lease ran out: its process ended, stood still or did not reach the database.", attempt);

    /// <summary>Appends a failure.</summary>
    /// <param name="log">What is kept so far, null for nothing.</param>
    /// <param name="failure">The failure, null for none that is known.</param>
    /// <param name="failedAt">When it was, in microseconds since 1970.</param>
    /// <returns>What is kept from now on.</returns>
    public static string? Append(string? log, Death? failure, long failedAt)
    {
        if (failure?.ErrorType is null)
        {
            return log;
        }

        List<AttemptError> errors = [.. Read(log), new AttemptError(failure.Attempts, failure.ErrorType, failure.ErrorMessage ?? "", StoreTime.ToTime(failedAt))];
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartArray();
            foreach (AttemptError error in errors.Skip(errors.Count - MaxCount))
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(error.Attempt);
                writer.WriteNumberValue(StoreTime.FromTime(error.FailedAt));
                writer.WriteStringValue(error.ErrorType);
                writer.WriteStringValue(error.ErrorMessage);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Reads what is kept; what somebody else has written there is nothing.</summary>
    public static IReadOnlyList<AttemptError> Read(string? log)
    {
        if (string.IsNullOrEmpty(log))
        {
            return [];
        }

        try
        {
            using var document = JsonDocument.Parse(log);
            return [.. document.RootElement.EnumerateArray().Select(static error => new AttemptError(
                error[0].GetInt32(), error[2].GetString() ?? "", error[3].GetString() ?? "", StoreTime.ToTime(error[1].GetInt64())))];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException or ArgumentException)
        {
            return [];
        }
    }
}
