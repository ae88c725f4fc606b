using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Util.Internal;

namespace TaskQ.Sqs.Transport;

/// <summary>What the AWS SDK must know of SQS to find its region, endpoint and settings as for its own clients.</summary>
internal sealed class SqsClientConfig : ClientConfig
{
    private static readonly DefaultConfigurationMode[] Modes =
    [
        DefaultConfigurationMode.Standard, DefaultConfigurationMode.InRegion, DefaultConfigurationMode.CrossRegion,
        DefaultConfigurationMode.Mobile, DefaultConfigurationMode.Auto,
    ];

    public SqsClientConfig()
        : base(new DefaultConfigurationProvider(Modes.Select(static mode => new DefaultConfiguration
        {
            Name = mode,
            RetryMode = RequestRetryMode.Standard,
            ConnectTimeout = TimeSpan.FromSeconds(5),
        })))
    {
        ServiceId = "SQS";
        EndpointProvider = new SqsEndpoint(this);
        AuthenticationServiceName = "sqs";
        // Its log may hold whole answers; what goes wrong reaches the caller as an exception.
        DisableLogging = true;
        // A send whose connection broke may have arrived, and each retry beyond the attempts could add one more message.
        MaxStaleConnectionRetries = 1;
    }

    public override string ServiceVersion => "2012-11-05";

    public override string RegionEndpointServiceName => "sqs";

    public override string UserAgent { get; } = InternalSDKUtils.BuildUserAgentString("TaskQ.Sqs", typeof(SqsClientConfig).Assembly.GetName().Version!.ToString(3));

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) => EndpointProvider.ResolveEndpoint(new EndpointParameters());
}
