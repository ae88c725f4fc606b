using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace TaskQ.Sqs.Transport;

/// <summary>One call: the name of the operation and the request's body.</summary>
internal sealed class SqsCall(string operation, byte[] content) : AmazonWebServiceRequest
{
    /// <summary>The request that was sent last, null before.</summary>
    public IRequest? Sent { get; private set; }

    /// <summary>Makes the HTTP request of a call.</summary>
    internal sealed class Marshaller : IMarshaller<IRequest, AmazonWebServiceRequest>
    {
        public IRequest Marshall(AmazonWebServiceRequest input) => ((SqsCall)input).ToRequest();
    }

    private DefaultRequest ToRequest()
    {
        var request = new DefaultRequest(this, "SQS") { HttpMethod = "POST", ResourcePath = "/", Content = content };
        request.Headers["Content-Type"] = "application/x-amz-json-1.0";
        request.Headers["X-Amz-Target"] = "AmazonSQS." + operation;
        Sent = request;
        return request;
    }
}
