use testing::Product;

#[tokio::test(flavor = "multi_thread")]
async fn every_service_starts_and_an_admin_logs_in() {
    let product = Product::start(&[]).await.expect("starts");
    let token = product.log_in().await.expect("logs in");
    let me = product.client("auth-service").with(&token).get("/api/auth/me").await.expect(200);
    assert_eq!(me["user"]["email"], product.admin_credentials().0);
    let health = product.wait_for_health(200, "healthy").await.expect("is healthy");
    assert_eq!(health["checks"]["database"], "healthy");
}
