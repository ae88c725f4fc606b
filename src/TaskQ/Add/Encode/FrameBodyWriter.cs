namespace TaskQ.Add.Encode;

/// <summary>Writes the body of a frame: the fields of a message, then its arguments.</summary>
internal static class FrameBodyWriter
{
    /// <summary>What the fields take beside their strings.</summary>
    private const int FixedFieldsSize = 48;

    /// <exception cref="PayloadException">A field or an argument can't be written; the message names the task.</exception>
    public static void Write(TaskMessage message, IPayloadSerializer serializer, PooledBufferWriter output)
    {
        WriteFields(message, output);
        try
        {
            message.Arguments.Write(serializer, output);
        }
        catch (Exception e)
        {
            // Whatever a serializer or a property of an argument throws: the message can't be encoded.
            throw new PayloadException($"An argument of task '{message.TaskName}' can't be written: {e.Message}", e);
        }
    }

    private static void WriteFields(TaskMessage message, PooledBufferWriter output)
    {
        string taskName = message.TaskName;
        var writer = new FieldWriter(output, FixedFieldsSize + (3 * Math.Min(taskName.Length, QueueDefaults.MaxNameLength)));
        writer.WriteId(message.Id);
        WriteString(ref writer, message, taskName, "name of the task");
        writer.WriteInt64(message.EnqueuedAt.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks);

        if (message.Name is { } name)
        {
            WriteString(ref writer, message, name, "name of the message");
        }
        else
        {
            writer.WriteNil();
        }

        if (message.HeadersOrNull is { Count: > 0 } headers)
        {
            WriteHeaders(ref writer, message, headers);
        }
        else
        {
            writer.WriteNil();
        }

        writer.Flush();
    }

    private static void WriteHeaders(ref FieldWriter writer, TaskMessage message, Dictionary<string, string> headers)
    {
        if (headers.Count > FrameFormat.MaxHeaders)
        {
            throw new PayloadException(
                $"A message of task '{message.TaskName}' has {headers.Count} headers; {FrameFormat.MaxHeaders} are allowed.");
        }

        writer.WriteMapHeader(headers.Count);
        foreach ((string key, string? value) in headers)
        {
            if (value is null)
            {
                throw new PayloadException($"Header '{key}' of a message of task '{message.TaskName}' is null.");
            }

            WriteString(ref writer, message, key, "name of a header");
            WriteString(ref writer, message, value, "value of a header");
        }
    }

    private static void WriteString(ref FieldWriter writer, TaskMessage message, string value, string what)
    {
        if (!writer.TryWriteString(value))
        {
            throw new PayloadException(
                $"The {what} of a message of task '{message.TaskName}' is not valid Unicode: it has half a surrogate pair.");
        }
    }
}
