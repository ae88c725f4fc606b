using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;

namespace TaskQ.Sqs.Transport;

/// <summary>The answer to a call.</summary>
internal sealed class SqsReply : AmazonWebServiceResponse, IDisposable
{
    // Ten messages of 1 MiB, each character of them escaped, with room for the rest.
    private const int MaxLength = 64 * 1024 * 1024;

    // A header may promise anything.
    private const int MaxFirstLength = 1024 * 1024;

    private JsonDocument? _document;

    /// <summary>The answer's object; one without members when the answer is empty.</summary>
    public JsonElement Root => (_document ??= JsonDocument.Parse("{}")).RootElement;

    public void Dispose() => _document?.Dispose();

    /// <summary>Reads answers, good ones and errors.</summary>
    internal sealed class Unmarshaller : JsonResponseUnmarshaller
    {
        public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input) =>
            new SqsReply { _document = Parse(input), HttpStatusCode = input.ResponseData.StatusCode };

        public override AmazonServiceException UnmarshallException(JsonUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode) =>
            SqsFault.Read(TryParse(input), input.ResponseData, innerException, statusCode);

        private static JsonDocument? TryParse(JsonUnmarshallerContext input)
        {
            try
            {
                return Parse(input);
            }
            catch (JsonException)
            {
                // A proxy's page: the status says what went wrong.
                return null;
            }
        }

        private static JsonDocument? Parse(JsonUnmarshallerContext input)
        {
            if (input.ResponseData.ContentLength > MaxLength)
            {
                throw new JsonException("The answer is too long.");
            }

            using var body = new MemoryStream((int)Math.Clamp(input.ResponseData.ContentLength, 0, MaxFirstLength));
            Copy(input.Stream, body);
            return body.Length == 0 ? null : JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
        }

        private static void Copy(Stream from, MemoryStream to)
        {
            Span<byte> block = stackalloc byte[4096];
            while (from.Read(block) is > 0 and var read)
            {
                if (to.Length + read > MaxLength)
                {
                    throw new JsonException("The answer is too long.");
                }

                to.Write(block[..read]);
            }
        }
    }
}
