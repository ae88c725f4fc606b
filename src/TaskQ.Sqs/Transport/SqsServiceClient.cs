using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace TaskQ.Sqs.Transport;

/// <summary>Calls SQS through the pipeline of the AWS SDK: its credentials, signing, retries and clock.</summary>
internal sealed class SqsServiceClient : AmazonServiceClient
{
    private readonly InvokeOptions _options = new()
    {
        RequestMarshaller = new SqsCall.Marshaller(),
        ResponseUnmarshaller = new SqsReply.Unmarshaller(),
    };

    /// <summary>Takes the credentials from where the SDK finds them.</summary>
    public SqsServiceClient(SqsClientConfig config)
        : base(config)
    {
    }

    public SqsServiceClient(AWSCredentials credentials, SqsClientConfig config)
        : base(credentials, config)
    {
    }

    protected override IServiceMetadata ServiceMetadata { get; } = new SqsMetadata();

    public Task<SqsReply> CallAsync(SqsCall call, CancellationToken cancellationToken) =>
        InvokeAsync<SqsReply>(call, _options, cancellationToken);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        pipeline.RemoveHandler<EndpointResolver>();
        pipeline.AddHandlerAfter<Marshaller>(new EndpointHandler());
        pipeline.AddHandlerAfter<RetryHandler>(new SigningHandler());
    }

    private sealed class SqsMetadata : IServiceMetadata
    {
        public string ServiceId => "SQS";

        public IDictionary<string, string> OperationNameMapping { get; } = new Dictionary<string, string>();
    }
}
