BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE amazon_claims (
	id VARCHAR(36) NOT NULL,
	claim_id VARCHAR(255) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	order_id VARCHAR(255),
	amount INTEGER NOT NULL,
	currency VARCHAR(10) DEFAULT 'USD',
	status VARCHAR(50),
	type VARCHAR(100),
	description TEXT,
	created_at TIMESTAMP,
	synced_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	is_mock BOOLEAN DEFAULT 0,
	mock_scenario VARCHAR(100),
	PRIMARY KEY (id),
	UNIQUE (user_id, claim_id)
);
INSERT INTO "amazon_claims" VALUES('fa5b15ea-7744-582a-af3c-f72eb7468e83','RMB-0000000000000001','cc39d84f-9b85-435e-a37e-c03e7da629c6','902-0000001-0000001',1210,'USD','approved','refund','Refund number 1','2026-09-01 00:01:00.000000','2026-11-01 08:19:21.488000',1,'normal_week');
INSERT INTO "amazon_claims" VALUES('244cc118-380b-53a1-abeb-a0797553634f','RMB-0000000000000002','cc39d84f-9b85-435e-a37e-c03e7da629c6','902-0000002-0000001',-1,'USD','approved','refund','Refund number 2',NULL,'2026-11-01 08:19:21.488000',1,'normal_week');
CREATE TABLE amazon_inventory (
	id VARCHAR(36) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	sku VARCHAR(255) NOT NULL,
	asin VARCHAR(255),
	fnsku VARCHAR(255),
	product_name VARCHAR(500),
	quantity_available INTEGER DEFAULT 0,
	quantity_reserved INTEGER DEFAULT 0,
	quantity_inbound INTEGER DEFAULT 0,
	quantity_total INTEGER DEFAULT 0,
	condition VARCHAR(50),
	warehouse_location VARCHAR(255),
	synced_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	is_mock BOOLEAN DEFAULT 0,
	mock_scenario VARCHAR(100),
	PRIMARY KEY (id),
	UNIQUE (user_id, sku)
);
INSERT INTO "amazon_inventory" VALUES('72ff10bb-60b8-5be2-a5ce-fc6c561bb66b','cc39d84f-9b85-435e-a37e-c03e7da629c6','SKU-00001','B000000001','X000000001','Lamp number 1',1,1,2,4,'NewItem',NULL,'2026-11-01 08:19:21.494000',1,'normal_week');
CREATE TABLE amazon_order_items (
	id VARCHAR(36) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	order_id VARCHAR(255) NOT NULL,
	order_item_id VARCHAR(255),
	line_number INTEGER NOT NULL,
	sku VARCHAR(255),
	asin VARCHAR(255),
	title TEXT,
	quantity_ordered INTEGER,
	quantity_shipped INTEGER,
	price INTEGER,
	currency VARCHAR(10),
	is_mock BOOLEAN DEFAULT 0,
	synced_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	PRIMARY KEY (id),
	UNIQUE (user_id, order_id, line_number)
);
INSERT INTO "amazon_order_items" VALUES('055a0513-0f63-511e-ad71-15e7c0bebf47','cc39d84f-9b85-435e-a37e-c03e7da629c6','902-0000001-0000001','item-1',1,'SKU-00001','B000000001','Lamp in size 1',1,1,605,'USD',1,'2026-11-01 08:19:21.498000');
INSERT INTO "amazon_order_items" VALUES('462f54c3-a640-5b6d-a625-8ce762c52ff1','cc39d84f-9b85-435e-a37e-c03e7da629c6','902-0000001-0000001','item-2',2,'SKU-00002','B000000001','Lamp in size 2',1,1,605,'USD',1,'2026-11-01 08:19:21.498000');
CREATE TABLE amazon_orders (
	id VARCHAR(36) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	order_id VARCHAR(255) NOT NULL,
	purchase_date TIMESTAMP,
	last_update_date TIMESTAMP,
	status VARCHAR(50),
	fulfillment_channel VARCHAR(50),
	sales_channel VARCHAR(255),
	marketplace_id VARCHAR(50),
	total_amount INTEGER,
	currency VARCHAR(10),
	items_ordered INTEGER,
	items_shipped INTEGER,
	is_mock BOOLEAN DEFAULT 0,
	mock_scenario VARCHAR(100),
	synced_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	PRIMARY KEY (id),
	UNIQUE (user_id, order_id)
);
INSERT INTO "amazon_orders" VALUES('ac5fa508-4970-5285-ac5a-146d0be2fdb8','cc39d84f-9b85-435e-a37e-c03e7da629c6','902-0000001-0000001','2026-09-01 00:01:00.000000','2026-09-02 00:00:00.000000','Shipped','FBA','Amazon.com','ATVPDKIKX0DER',1210,'USD',2,2,1,'normal_week','2026-11-01 08:19:21.498000');
INSERT INTO "amazon_orders" VALUES('5018dbca-0c78-5387-abe4-f21d48566475','cc39d84f-9b85-435e-a37e-c03e7da629c6','902-0000002-0000001','2026-09-01 00:02:00.000000','2026-09-02 00:00:00.000000','Shipped','FBA','Amazon.com','ATVPDKIKX0DER',NULL,'USD',0,0,1,'normal_week','2026-11-01 08:19:21.498000');
CREATE TABLE financial_events (
	id VARCHAR(36) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	event_key VARCHAR(64) NOT NULL,
	event_list VARCHAR(100) NOT NULL,
	event_type VARCHAR(255),
	posted_at TIMESTAMP,
	order_id VARCHAR(255),
	amount INTEGER,
	currency VARCHAR(10),
	claim_id VARCHAR(255),
	payload JSON,
	is_mock BOOLEAN DEFAULT 0,
	synced_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	PRIMARY KEY (id),
	UNIQUE (user_id, event_key)
);
INSERT INTO "financial_events" VALUES('8767fdc9-d91b-5ed5-a69b-cc1f41a000dc','cc39d84f-9b85-435e-a37e-c03e7da629c6','0000000000000000000000000000000000000000000000000000000000000001','RefundEventList','Refund','2026-09-01 00:01:00.000000','902-0000001-0000001',1210,'USD','RMB-0000000000000001','{"Amount":12.10,"Name":"Größe"}',1,'2026-11-01 08:19:21.488000');
CREATE TABLE rate_buckets (
	user_id VARCHAR(36) NOT NULL,
	base_url VARCHAR(255) NOT NULL,
	operation VARCHAR(100) NOT NULL,
	level DOUBLE NOT NULL,
	rate DOUBLE NOT NULL,
	measured_at DOUBLE NOT NULL,
	PRIMARY KEY (user_id, base_url, operation)
)
 WITHOUT ROWID

;
INSERT INTO "rate_buckets" VALUES('cc39d84f-9b85-435e-a37e-c03e7da629c6','https://sellingpartnerapi-na.amazon.com','getOrders',3.5,0.0167,1795420800.125);
CREATE TABLE row_origins (
	user_id VARCHAR(36) NOT NULL,
	dataset VARCHAR(20) NOT NULL,
	sync_id VARCHAR(255) NOT NULL,
	row_key VARCHAR(255) NOT NULL,
	created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	PRIMARY KEY (user_id, dataset, sync_id, row_key)
)
 WITHOUT ROWID

;
INSERT INTO "row_origins" VALUES('cc39d84f-9b85-435e-a37e-c03e7da629c6','claims','sync_acme_1795421961483','RMB-0000000000000001','2026-11-01 08:19:21.488000');
INSERT INTO "row_origins" VALUES('cc39d84f-9b85-435e-a37e-c03e7da629c6','claims','sync_acme_1795421961483','RMB-0000000000000002','2026-11-01 08:19:21.488000');
INSERT INTO "row_origins" VALUES('cc39d84f-9b85-435e-a37e-c03e7da629c6','inventory','sync_acme_1795421961483','SKU-00001','2026-11-01 08:19:21.494000');
INSERT INTO "row_origins" VALUES('cc39d84f-9b85-435e-a37e-c03e7da629c6','orders','sync_acme_1795421961483','902-0000001-0000001','2026-11-01 08:19:21.498000');
INSERT INTO "row_origins" VALUES('cc39d84f-9b85-435e-a37e-c03e7da629c6','orders','sync_acme_1795421961483','902-0000002-0000001','2026-11-01 08:19:21.498000');
CREATE TABLE seller_accounts (
	user_id VARCHAR(36) NOT NULL,
	external_user_id VARCHAR(255) NOT NULL,
	display_name VARCHAR(255) NOT NULL,
	seller_id VARCHAR(100),
	marketplace_id VARCHAR(50) NOT NULL,
	region VARCHAR(10) NOT NULL,
	mode VARCHAR(20) NOT NULL,
	credential_status VARCHAR(50) NOT NULL,
	created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	updated_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	PRIMARY KEY (user_id)
);
INSERT INTO "seller_accounts" VALUES('cc39d84f-9b85-435e-a37e-c03e7da629c6','acme','Acme',NULL,'ATVPDKIKX0DER','NA','production','disconnected','2026-11-01 08:19:21.476000','2026-11-01 08:19:21.476000');
CREATE TABLE sync_checkpoints (
	user_id VARCHAR(36) NOT NULL,
	dataset VARCHAR(20) NOT NULL,
	"window" VARCHAR(255) NOT NULL,
	state JSON NOT NULL,
	updated_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	PRIMARY KEY (user_id, dataset, "window")
)
 WITHOUT ROWID

;
INSERT INTO "sync_checkpoints" VALUES('cc39d84f-9b85-435e-a37e-c03e7da629c6','inventory','scan','{"token":"t","share":0.10}','2026-11-01 08:19:21.494000');
CREATE TABLE sync_events (
	id INTEGER NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	sync_id VARCHAR(255) NOT NULL,
	kind VARCHAR(50) NOT NULL,
	message TEXT NOT NULL,
	detail JSON,
	created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	PRIMARY KEY (id)
);
INSERT INTO "sync_events" VALUES(1,'cc39d84f-9b85-435e-a37e-c03e7da629c6','sync_acme_1795421961483','connected','Connected to Amazon.','{"marketplaces":2}','2026-11-01 08:19:21.503000');
CREATE TABLE sync_progress (
	id VARCHAR(36) NOT NULL,
	sync_id VARCHAR(255) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	status VARCHAR(50) NOT NULL,
	progress INTEGER DEFAULT 0,
	current_step TEXT,
	step INTEGER DEFAULT 0,
	total_steps INTEGER DEFAULT 5,
	metadata JSON,
	created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	updated_at TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'),
	PRIMARY KEY (id),
	UNIQUE (user_id, sync_id)
);
INSERT INTO "sync_progress" VALUES('0d1961e6-7ab4-4e13-84cd-346c5e59189e','sync_acme_1795421961483','cc39d84f-9b85-435e-a37e-c03e7da629c6','completed',100,'Done.',5,5,'{"startedAt":"2026-11-01T08:19:21.483Z","results":{"claims":{"count":2,"skipped":0,"status":"pending","error":null,"errorCode":null},"inventory":{"count":1,"skipped":0,"status":"pending","error":null,"errorCode":null},"orders":{"count":2,"skipped":0,"status":"pending","error":null,"errorCode":null}},"window":{"since":null},"owner":{"host":"here","pid":4711,"instance":"1795420000.25"},"externalUserId":"acme","trigger":"manual","isMock":true,"mockScenario":"normal_week","appVersion":"0.1.0","ordersProcessed":2,"inventoryCount":1,"claimsDetected":2,"completedAt":"2026-11-01T08:19:21.503Z","estimatedCompletion":null,"totalOrders":null,"error":null,"errorCode":null,"requestIds":[],"waitUntil":null}','2026-11-01 08:19:21.483000','2026-11-01 08:19:21.504000');
INSERT INTO "sync_progress" VALUES('858ccb7f-bd97-46ad-b062-464ed363d2f7','sync_other_1795421961504','f9e5dda1-6949-4651-a183-c79c20557203','running',0,'Connecting to Amazon…',0,5,'{"startedAt":"2026-11-01T08:19:21.504Z","results":{"claims":{"count":0,"skipped":0,"status":"pending","error":null,"errorCode":null},"inventory":{"count":0,"skipped":0,"status":"pending","error":null,"errorCode":null},"orders":{"count":0,"skipped":0,"status":"pending","error":null,"errorCode":null}},"window":{"since":null},"owner":{"host":"here","pid":4711,"instance":"1795420000.25"},"externalUserId":"other","trigger":"manual","isMock":true,"mockScenario":"normal_week","appVersion":"0.1.0","ordersProcessed":0,"inventoryCount":0,"claimsDetected":0}','2026-11-01 08:19:21.504000','2026-11-01 08:19:21.504000');
CREATE UNIQUE INDEX uq_sync_progress_running ON sync_progress (user_id) WHERE status = 'running';
CREATE INDEX ix_sync_progress_user_created ON sync_progress (user_id, created_at);
CREATE INDEX ix_amazon_claims_user_created ON amazon_claims (user_id, created_at, id);
CREATE INDEX ix_amazon_claims_user_order ON amazon_claims (user_id, order_id);
CREATE INDEX ix_amazon_orders_user_purchase ON amazon_orders (user_id, purchase_date, id);
CREATE INDEX ix_financial_events_user_claim ON financial_events (user_id, claim_id);
CREATE INDEX ix_sync_events_user_sync ON sync_events (user_id, sync_id);
COMMIT;
